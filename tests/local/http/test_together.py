"""What goes out in one piece, in which order, and that nothing of it is lost."""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from local.http.together import Together


class Written(asyncio.Transport):
    """A connection that keeps what is written to it, a piece a write."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.is_closed = False

    def write(self, data: Any) -> None:
        assert not self.is_closed
        self.pieces.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True


def test_head_and_body_go_in_one_piece_and_what_comes_later_in_another() -> None:
    async def main() -> list[bytes]:
        written = Written()
        together = Together(written)
        together.write(b"head")
        together.write(b"body")
        await asyncio.sleep(0)
        together.write(b"later")
        await asyncio.sleep(0)
        return written.pieces

    assert asyncio.run(main()) == [b"headbody", b"later"]


@given(st.lists(st.one_of(st.none(), st.integers(0, 100_000)), max_size=12))
def test_all_is_sent_in_order_before_the_end_and_little_is_held(sizes: list[int | None]) -> None:
    """None lets the loop go on."""

    async def main() -> Written:
        written = Written()
        together = Together(written)
        for number, size in enumerate(sizes):
            if size is None:
                await asyncio.sleep(0)
            else:
                together.write(bytes([number]) * size)
        together.close()
        await asyncio.sleep(0)
        return written

    written = asyncio.run(main())

    assert b"".join(written.pieces) == b"".join(bytes([at]) * size for at, size in enumerate(sizes) if size)
    assert written.is_closed
    assert all(len(piece) <= 65_536 + 100_000 for piece in written.pieces)
