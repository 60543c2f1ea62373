"""Where an issuer of tokens says which keys it signs with: openid.net/specs/openid-connect-discovery-1_0, section 4."""

DISCOVERY = "/.well-known/openid-configuration"
