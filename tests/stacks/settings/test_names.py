"""Names and labels fit every platform and do not collide."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stacks.settings.names import label, resource_name

PATIENT = settings.get_profile("stacks")


def test_usual_names_stay_as_they_are() -> None:
    """PROJECT-STACK is what a person looks for in a console."""
    assert resource_name("scale-to-zero", "aws") == "scale-to-zero-aws"
    assert resource_name("scale-to-zero", "apprunner") == "scale-to-zero-apprunner"


def test_what_does_not_fit_is_cut_and_marked() -> None:
    """Long, short and foreign names get a hash, so that two of them never become one."""
    assert resource_name("a", "b") == "a-b-3554d2b8"
    assert resource_name("My.Project", "Prod") == "my-project-prod-636db857"
    assert resource_name("a-very-long-name-of-a-project", "production-1") != resource_name(
        "a-very-long-name-of-a-project", "production-2"
    )


@PATIENT
@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_every_name_fits_every_platform(project: str, stack: str) -> None:
    """A service account takes 6 to 30 characters, which is the narrowest of all."""
    assert re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", resource_name(project, stack))


@PATIENT
@given(
    st.tuples(st.text(min_size=1), st.text(min_size=1)), st.tuples(st.text(min_size=1), st.text(min_size=1))
)
@example(("shop", "prod-eu"), ("shop-prod", "eu"))
@example(("shop", "prod-eu"), ("shop-prod-eu", "17c387fa"))
def test_two_projects_and_stacks_never_share_a_name(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Names are the same only where project and stack both are."""
    assert (resource_name(*one) == resource_name(*other)) == (one == other)


PARTS = st.lists(st.sampled_from(["a", "b", "prod", "eu"]), min_size=1, max_size=3).map("-".join)


@PATIENT
@given(st.tuples(PARTS, PARTS), st.tuples(PARTS, PARTS))
def test_where_the_project_ends_and_the_stack_begins_is_never_lost(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    """The same words, joined at another place, are another service."""
    assert (resource_name(*one) == resource_name(*other)) == (one == other)


@PATIENT
@given(st.text(max_size=100))
def test_every_label_fits_both_clouds(text: str) -> None:
    """Google's labels are the narrower ones."""
    assert re.fullmatch(r"[a-z0-9_-]{0,63}", label(text))
