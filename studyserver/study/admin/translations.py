"""A study's texts in further languages: what was written beside how it reads there."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern

from studyserver.study.lifecycle.versions import record_change
from studyserver.study.texts.translations import texts_of

from ..models import Study, StudyTranslation
from .shared.study_views import StudyViews


def further_languages(study: Study) -> list[dict]:
    """Return each language that a study is not written in, with how much of it is translated."""
    texts = [item.text for item in texts_of(study)]
    rows = {row.language: row.texts for row in study.translations.all()}
    return [
        {
            "code": code,
            "name": name,
            "done": sum(1 for text in texts if rows.get(code, {}).get(text)),
            "total": len(texts),
        }
        for code, name in settings.LANGUAGES
        if code != study.language
    ]


class TranslationViews(StudyViews):
    """The page on which a study is translated."""

    def urls(self) -> list[URLPattern]:
        """Return the addresses."""
        return [self.path("translate", self.translate, "<str:language>/")]

    def translate(self, request: HttpRequest, study: Study, language: str) -> HttpResponse:
        """Take the translations; texts that are no longer used are kept in case they come back."""
        names = dict(settings.LANGUAGES)
        if language not in names or language == study.language:
            raise Http404
        row = study.translations.filter(language=language).first()
        row = row or StudyTranslation(study=study, language=language)
        texts = texts_of(study)
        if request.method == "POST":
            sent = {
                item.text: request.POST.get(f"text-{number}", "").strip()
                for number, item in enumerate(texts)
                if request.POST.get(f"original-{number}") == _one_line(item.text)
            }
            row.texts = {text: value for text, value in {**row.texts, **sent}.items() if value}
            row.save()
            record_change(study)
            self.done(
                request, study, f"Saved the texts in {names[language]}.", f"Translated texts: {language}."
            )
            return self.to_study(study)
        shown = [
            {
                "number": number,
                "place": item.place,
                "text": item.text,
                "key": _one_line(item.text),
                "is_long": item.is_long,
                "translation": row.texts.get(item.text, ""),
            }
            for number, item in enumerate(texts)
        ]
        title = f"“{study}” in {names[language]}"
        return self.page(request, study, "translate", title, language=language, texts=shown)


def _one_line(text: str) -> str:
    """Return a text as hidden fields send it back: without differences in line ends."""
    return " ".join(text.split())
