"""People whom a recruiter sends, and addresses of their pages."""

from admin_forms import change
from django.urls import reverse

PID = "5f1e0c0ffee"
QUERY = {"PROLIFIC_PID": PID, "STUDY_ID": "64studyid", "SESSION_ID": "99sessionid"}


def address(name, annotator):
    return reverse(f"study:{name}", args=[annotator.token])


def page_of(admin_client, study):
    return admin_client.get(change(study)).content.decode()


def joining(study, **changes):
    query = "&".join(f"{name}={value}" for name, value in {**QUERY, **changes}.items())
    return f"{study.get_absolute_url()}?{query}"
