"""An HTTP API's JWT authorizer: finds out what the event says of a request's sender, or refuses the request."""

import time
from typing import Any

from local.aws import tokens
from local.aws.keys import Keys
from local.aws.tokens import Rules, TokenError
from local.http.message import Answer, Request
from local.log import Log


class JwtAuthorizer:
    """Accepts tokens that `issuer` signed for one of `audiences`; if it refuses one, it logs why."""

    def __init__(self, issuer: str, audiences: tuple[str, ...], log: Log) -> None:
        self._rules = Rules(issuer, audiences)
        self._keys = Keys(issuer)
        self._log = log

    async def judge(self, request: Request) -> Answer | dict[str, Any]:
        """The claims for the event's requestContext, or the refusal."""
        try:
            token = tokens.token_of(request)
            key = await self._keys.find(tokens.key_id(token))
            return tokens.context(tokens.claims_of(token, key, self._rules, time.time()))
        except TokenError as refused:
            self._log.event(f"token refused: {refused}")
            return refused.answer
