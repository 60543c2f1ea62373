"""What a run tells about itself while it goes on."""

from typing import Protocol


class View(Protocol):
    """What is told about the progress, between requests and never during one."""

    def stage(self, name: str, number: int, of: int | None, *, about: bool = False) -> None:
        """A "cycle" or "slice" begins; `of` is None if nobody knows how many there will be, `about` if estimated."""
        ...

    def doing(self, what: str) -> None:
        """Something that takes a while begins."""
        ...

    def tick(self) -> None:
        """A good moment to draw."""
        ...
