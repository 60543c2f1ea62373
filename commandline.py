"""What a user reads in one line when a command cannot do what was asked."""


class UserError(Exception):
    """Something the user can put right: the text names what was read, what is allowed and what to type.

    `status` is the command's exit status; 2 is wrong usage.
    """

    def __init__(self, text: str, status: int = 2) -> None:
        super().__init__(text)
        self.status = status
