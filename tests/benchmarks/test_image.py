"""The layers of an image that are not its base's."""

import pytest

from benchmarks.image import first_added

BASE, COMPILED, COPIED = (
    {"created_by": text} for text in ("ADD file:1", "|1 PACKAGES= sh -c python3 -m compileall", "COPY dir:2")
)
EMPTY = {"created_by": "ENV A=b", "empty_layer": True}


@pytest.mark.parametrize(
    ("history", "first"),
    [
        ([BASE, EMPTY, COMPILED, COPIED], 1),
        ([COMPILED, COPIED], 0),
        # --squash and --layers=false leave one layer for all steps of a stage.
        ([BASE, {**COMPILED, "empty_layer": True}, COPIED], 2),
        ([{}], 1),
    ],
)
def test_the_first_layer_of_the_image_itself_compiles_the_standard_library(
    history: list[dict[str, object]], first: int
) -> None:
    assert first_added(history) == first
