"""The two pages that a person sees: who signs in, and does the organization consent."""

from __future__ import annotations

from flask import render_template_string

from local.entra.failures import Refused
from local.entra.state import SignIn

_LAYOUT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px system-ui;max-width:34rem;margin:4rem auto;padding:0 1rem}
select,button{font:inherit;padding:.5rem .8rem;margin:.6rem .4rem 0 0}
select{width:100%}small{color:#666}</style>
</head><body><h1>{{ title }}</h1>
{% if error %}<p id="error">{{ error }}</p>{% else %}
<p>{{ text }}</p>
<form method="post">
<label for="account">Account</label>
<select name="account" id="account">
{% for who in choices %}<option
value="{{ who.tenant.tenant_id }}/{{ who.account.username }}">
{{- who.account.username }} · {{ who.tenant.name }}
{%- if who.account.is_administrator %} (administrator){% endif %}</option>
{% endfor %}</select>
<div>{% for value, label in buttons %}
<button name="decision" value="{{ value }}">{{ label }}</button>
{% endfor %}</div>
</form>{% endif %}
<p><small>Local stand-in for Microsoft Entra ID. Everything here is made up.</small></p>
</body></html>"""

DEVICE_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Enter code</title></head><body><h1>Enter code</h1>
{% if said %}<p id="said">{{ said }}</p>{% else %}
<form method="post">
<label>Code <input name="user_code" autofocus></label>
<label>Account <input name="account" placeholder="tenant ID/user name"></label>
<button name="decision" value="accept">Sign in</button>
<button name="decision" value="cancel">Cancel</button>
</form>{% endif %}
<p><small>Local stand-in for Microsoft Entra ID. Everything here is made up.</small></p>
</body></html>"""


def consent_page(app_name: str, choices: list[SignIn]) -> str:
    return render_template_string(
        _LAYOUT,
        title="Permissions requested",
        text=f"{app_name} asks to sign in your organization's users and to read their profile. "
        "Accept for all of the organization?",
        choices=_people(choices),
        buttons=[("accept", "Accept"), ("cancel", "Cancel")],
    )


def sign_in_page(app_name: str, choices: list[SignIn]) -> str:
    return render_template_string(
        _LAYOUT,
        title="Pick an account",
        text=f"to continue to {app_name}",
        choices=_people(choices),
        buttons=[("accept", "Sign in"), ("cancel", "Cancel")],
    )


def error_page(refused: Refused) -> tuple[str, int]:
    """For what cannot be told to the application, such as a redirect URI that nobody registered."""
    text = refused.query("")["error_description"]
    return render_template_string(_LAYOUT, title="We cannot sign you in", error=text), 400


def _people(choices: list[SignIn]) -> list[SignIn]:
    """Without the many users of simulated phones, who never meet a browser."""
    return [who for who in choices if who.account.password is None]
