"""The one error for what a user can put right; a file of its own, because some that raise it have Python alone."""


class UserError(Exception):
    """Something the user can put right: the text names what was read, what is allowed and what to type.

    `status` is the command's exit status; 2 is wrong usage.
    """

    def __init__(self, text: str, status: int = 2) -> None:
        super().__init__(text)
        self.status = status
