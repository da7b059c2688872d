from studyserver.study.admin.counting import counted, listed


def test_numbers_agree_with_their_words():
    assert counted(1, "place") == "1 place"
    assert counted([], "place") == "0 places"
    assert counted(["a", "b"], "stimulus", "stimuli") == "2 stimuli"


def test_long_lists_are_cut_short():
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(number) for number in range(25)]).endswith("18, 19 and 5 more")
