from components.workspace import workspace


def test_the_same_work_has_the_same_directory():
    assert workspace("/work", {"seed": 1}, ["a"]) == workspace("/work", {"seed": 1}, ["a"])


def test_it_lies_in_the_directory_of_all():
    assert workspace("/work", "code").parent.as_posix() == "/work"


def test_whatever_the_work_depends_on_makes_another():
    made = [workspace("/work", *determines) for determines in (("a", 1), ("a", 2), ("b", 1), ("a", "1"), ("a",))]
    assert len(set(made)) == len(made)
