"""The interface by which a run shows its progress."""

from typing import Protocol


class View(Protocol):
    """Shows the progress, between requests and never during one."""

    def stage(self, name: str, number: int, of: int | None, *, about: bool = False) -> None:
        """A "cycle" or "slice" begins. `of`: how many there will be, None if unknown; `about`: that is estimated."""
        ...

    def doing(self, what: str) -> None:
        """Something that takes a while begins."""
        ...

    def tick(self) -> None:
        """A good moment to draw."""
        ...
