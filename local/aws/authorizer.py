"""An HTTP API's JWT authorizer: a request to what the event says of its sender, or to the answer that refuses it."""

import time
from typing import Any

from local.aws import tokens
from local.aws.keys import Keys
from local.aws.tokens import Rules, TokenError
from local.http.message import Answer, Request
from local.log import Log


class JwtAuthorizer:
    """Takes tokens that `issuer` signed for one of `audiences`, and logs why it does not."""

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
