from explainer.core.base.counting import listed, plural


def test_numbers_agree_with_their_words():
    assert plural(1, "place") == "1 place"
    assert plural([], "place") == "0 places"
    assert plural(["a", "b"], "stimulus", "stimuli") == "2 stimuli"
    assert plural(1_200_000, "judgment") == "1\u202f200\u202f000 judgments"


def test_long_lists_are_cut_short():
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(number) for number in range(25)]).endswith("18, 19 and 5 more")
