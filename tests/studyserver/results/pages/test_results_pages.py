import io
import re
import zipfile
from datetime import timedelta

import pandas as pd
import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from studyserver.results.data.rows import StudyRows
from studyserver.results.export.archive import StudyExport
from studyserver.results.models import AccessToken
from studyserver.results.pages.plots.palette import LOOKS
from studyserver.results.pages.remains.page import remains_page
from studyserver.results.tables.computed import Computed
from studyserver.results.tables.failures import Parts
from studyserver.results.tables.labels import CONDITIONS
from studyserver.results.tables.recruitment import study_progress
from studyserver.study.lifecycle.opening import open_study
from studyserver.study.models import Annotator


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


@pytest.fixture
def researcher(django_user_model):
    user = django_user_model.objects.create_user("researcher", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_study"))
    return user


@pytest.fixture
def browser(client, researcher):
    client.force_login(researcher)
    return client


def addresses(study):
    return [
        reverse("results:study", args=[study.slug]),
        reverse("results:export", args=[study.slug]),
        reverse("results:report", args=[study.slug]),
        reverse("results:figure", args=[study.slug, "dissonance.png"]),
        reverse("results:figure", args=[study.slug, "dissonance.svg"]),
    ]


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# -- who may look -----------------------------------------------------------------------------


def test_strangers_and_annotators_are_sent_to_the_login(client, study):
    token = Annotator.objects.filter(study=study).first().token
    for address in addresses(study):
        for headers in ({}, {"HTTP_COOKIE": f"annotator={token}"}):
            response = client.get(address, **headers)
            assert response.status_code == 302 and "/login/" in response.url
        assert client.get(address, headers={"Authorization": f"Bearer {token}"}).status_code in (302, 401)


def test_users_without_rights_are_refused(client, study, django_user_model):
    client.force_login(django_user_model.objects.create_user("visitor"))
    for address in addresses(study):
        assert client.get(address).status_code == 302
    client.force_login(django_user_model.objects.create_user("helper", is_staff=True))
    for address in addresses(study):
        assert client.get(address).status_code == 403


def test_researchers_may_look_and_nothing_is_cached_on_the_way(browser, study):
    for address in addresses(study):
        response = browser.get(address)
        assert response.status_code == 200
        assert "no-store" in response.headers["Cache-Control"]


def test_only_reading(browser, study):
    for address in addresses(study):
        assert browser.post(address).status_code == 405


def test_a_study_that_is_not_there(browser, db):
    assert browser.get(reverse("results:study", args=["nonsense"])).status_code == 404


# -- the page ---------------------------------------------------------------------------------


def test_the_answer_comes_first(browser, fitted):
    text = text_of(browser.get(reverse("results:study", args=[fitted.slug])))
    answer = "Listeners hear more dissonance in the evidence than in the random control: mean"
    assert answer in text
    assert text.index(answer) < text.index("Who took part") < text.index("How this was computed")
    for question in fitted.questions.exclude(kind="text"):
        assert question.text in text


def test_means_on_the_page_are_those_of_the_model_and_near_those_of_the_judgments(browser, fitted):
    statistics = Computed(StudyRows(fitted)).main
    question = next(item for item in statistics.summaries.questions if item.question.key == "dissonance")
    plain = statistics.summaries.plain_question(question.question)
    text = text_of(browser.get(reverse("results:study", args=[fitted.slug])))
    for group, judged in zip(question.groups, plain.groups, strict=True):
        low, high = group.mean.interval.low, group.mean.interval.high
        assert f"{group.mean.value:.1f} [{low:.1f}, {high:.1f}]" in text
        assert low < judged.mean.value < high


def test_before_a_model_is_computed_pages_show_means_of_judgments_without_intervals(browser, study):
    from study_tables import judgments_table

    frame = judgments_table(study)
    main = frame[
        (frame["trial_kind"] == "main") & frame["trial_finished"] & (frame["question"] == "dissonance")
    ]
    text = text_of(browser.get(reverse("results:study", args=[study.slug])))
    for condition in ("original", "evidence", "random_control"):
        mean = main.loc[main["condition"] == condition, "number"].mean()
        assert re.search(rf"{mean:.1f}(?! \[)", text)
    assert "are being computed. Reload the page in a minute." in text


def test_no_inline_style_or_script(browser, study):
    page = browser.get(reverse("results:study", args=[study.slug])).content.decode()
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=", page)


def test_no_free_text_and_no_address_of_annotators_on_the_page(browser, study):
    page = browser.get(reverse("results:study", args=[study.slug])).content.decode()
    assert "zwei" not in page and "SUM(A1)" not in page
    assert not any(token in page for token in Annotator.objects.values_list("token", flat=True))


def test_a_study_without_judgments_says_what_to_do(browser, empty_study):
    text = text_of(browser.get(reverse("results:study", args=[empty_study.slug])))
    assert "Nobody has taken part yet" in text and "draft" in text
    for address in addresses(empty_study):
        assert browser.get(address).status_code == 200
    report = text_of(browser.get(reverse("results:report", args=[empty_study.slug])))
    assert report.count("Nobody has joined yet.") == 2 and "0 people" not in report
    assert (
        report.count("How harsh does it sound?") == 2
    )  # as a question and among the methods, without figures


def test_few_judgments_make_no_claim(browser, empty_study, walk_through):
    import numpy as np

    open_study(empty_study)
    walk_through(empty_study, np.random.default_rng(2), trials=1)
    text = text_of(browser.get(reverse("results:study", args=[empty_study.slug])))
    assert "Too early to say: 1 judgment by 1 annotator so far." in text
    assert "no interval: there is only one track" in text
    assert "nan" not in text.lower().split()


def test_equal_judgments_are_undefined_in_words(browser, study):
    from studyserver.study.models import Judgment

    equal = Judgment.objects.filter(question__key="dissonance", trial__annotator__study=study)
    equal.update(value=4, number=4.0)
    text = text_of(browser.get(reverse("results:study", args=[study.slug])))
    assert "undefined: all judgments are equal" in text or "undefined: all judgments equal" in text


def test_rehearsal_is_marked_and_never_mixed_in(browser, study):
    address = reverse("results:study", args=[study.slug])
    people = text_of(browser.get(address))
    rehearsal = text_of(browser.get(address, {"rehearsal": "1"}))
    assert "REHEARSAL: simulated annotators, not people" in rehearsal
    assert "simulated annotators, not people" not in people
    assert "of 9 annotators finished" in people and "1 of 1 annotator finished" in rehearsal
    archive = browser.get(reverse("results:export", args=[study.slug]), {"rehearsal": "1"})
    assert "rehearsal" in archive.headers["Content-Disposition"]


def test_figures_are_pictures_and_the_same_every_time(browser, study):
    starts = {"png": b"\x89PNG", "svg": b"<?xml"}
    for kind, start in starts.items():
        address = reverse("results:figure", args=[study.slug, f"harsh.slider.{kind}"])
        first, second = browser.get(address).content, browser.get(address).content
        assert first.startswith(start) and first == second
    for name in ("dissonance.pdf", "nonsense.png", "remarks.png"):
        assert browser.get(reverse("results:figure", args=[study.slug, name])).status_code == 404


def test_conditions_have_one_colour_everywhere():
    from django.contrib.staticfiles import finders

    css = open(finders.find("results/results.css")).read()  # noqa: PTH123, SIM115
    assert list(LOOKS) == list(CONDITIONS)
    for condition, look in LOOKS.items():
        assert f"--{condition}: var(--light, {look.light}) var(--dark, {look.dark});" in css
        assert f".condition-{condition} " in css


def test_retention_is_one_table_in_the_report_and_one_line_until_the_models_are_computed(browser, study):
    shown = remains_page(Parts(Computed(StudyRows(study))))
    assert len(shown.retention) > 1
    table = shown.all_retention
    assert len(table.rows) == sum(len(part.table.rows) for part in shown.retention)
    assert list(dict.fromkeys(table.groups)) == [part.text for part in shown.retention]
    report = browser.get(reverse("results:report", args=[study.slug])).content.decode()
    assert report.count('aria-label="Table: Retention"') == 1
    [texts] = shown.undefined.values()  # the models are not computed yet
    assert texts == [part.text for part in shown.retention]


def test_alpha_alone_is_alpha_among_all_coefficients(study):
    alone, among = (Computed(StudyRows(study)).main.summaries.questions for _ in range(2))
    for one, other in zip(alone, among, strict=True):
        rows = other.agreement[other.agreement["statistic"] == "krippendorff_alpha"]
        assert len(rows) and "figures" not in vars(one.agreed)
        pd.testing.assert_frame_equal(
            one.agreed.alphas.reset_index(drop=True), rows.reset_index(drop=True), check_dtype=False
        )


def test_agreement_stands_beside_what_others_found_for_the_same_word(browser, study):
    address = reverse("results:agreement", args=[study.slug])
    assert "others found" not in text_of(browser.get(address))
    study.questions.filter(key="dissonance").update(target="tense")
    text = text_of(browser.get(address))
    assert text.count("others found") == 1
    assert ".30 for “tension” among 126 listeners" in text


# -- progress ---------------------------------------------------------------------------------


def test_progress_counts_everybody_once(study):
    progress = study_progress(study)
    assert (progress.joined, progress.finished, progress.in_session) == (9, 6, 1)
    assert (progress.withdrawn, progress.discarded, progress.left, progress.not_started) == (1, 1, 0, 0)
    stimuli = sum(clips for _times, clips in progress.balance)
    assert stimuli == study.stimuli.main().active().count()
    study.annotators.filter(state="active").update(expires_at=timezone.now() - timedelta(days=1))
    assert (study_progress(study).in_session, study_progress(study).left) == (0, 1)


# -- scripts ----------------------------------------------------------------------------------


@pytest.fixture
def key(researcher):
    secret, digest = AccessToken.new_secret()
    AccessToken.objects.create(user=researcher, name="nightly", digest=digest)
    return secret


def fetch(client, study, key):
    address = reverse("results:export", args=[study.slug])
    return client.get(address, headers={"Authorization": f"Bearer {key}"})


def test_a_script_fetches_the_same_bytes_as_the_command_writes(client, study, key, tmp_path):
    response = fetch(client, study, key)
    content = b"".join(response.streaming_content)
    StudyExport(study).write_zip(tmp_path / "export.zip")
    assert content == (tmp_path / "export.zip").read_bytes()
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    assert AccessToken.objects.get().last_used_at is not None


def test_keys_that_open_nothing(client, study, key, researcher):
    assert fetch(client, study, "wrong").status_code == 401
    assert fetch(client, study, "").status_code == 401
    token = AccessToken.objects.get()
    token.expires_at = timezone.now() - timedelta(seconds=1)
    token.save()
    assert fetch(client, study, key).status_code == 401
    token.expires_at = None
    token.save()
    researcher.user_permissions.clear()
    assert fetch(client, study, key).status_code == 403
    researcher.is_active = False
    researcher.save()
    assert fetch(client, study, key).status_code == 401


def test_a_key_opens_exports_only(client, study, key):
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get(reverse("results:study", args=[study.slug]), headers=headers).status_code == 302
    assert client.get(reverse("admin:index"), headers=headers).status_code == 302


def test_the_secret_is_shown_once_and_not_stored(admin_client, admin_user):
    add = reverse("admin:results_accesstoken_add")
    response = admin_client.post(
        add, {"name": "nightly", "expires_at_0": "", "expires_at_1": ""}, follow=True
    )
    secret = re.search(r"not shown again: ([\w-]+)", response.content.decode()).group(1)
    token = AccessToken.objects.get()
    assert token.user == admin_user and secret not in (token.digest, token.name)
    assert AccessToken.user_of(secret) == admin_user
    listed = admin_client.get(reverse("admin:results_accesstoken_changelist")).content.decode()
    assert secret not in listed
