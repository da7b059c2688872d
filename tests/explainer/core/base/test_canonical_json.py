from explainer.core.base.canonical_json import canonical_json, digest_of


def test_equal_values_have_one_text():
    assert canonical_json({"b": [1, 2.5], "a": "süß"}) == '{"a":"süß","b":[1,2.5]}'
    assert canonical_json({"a": "ü"}, ascii_only=True) == r'{"a":"\u00fc"}'


def test_stored_digests_stay_what_they_are():
    digest = "9e638ba662cf35927d64a82a7a37816af709b246653acb28cd8cebbb17fb51aa"
    assert digest_of({"b": 1, "a": "ü"}) == digest_of({"a": "ü", "b": 1}) == digest
