"""docs/api.html: the API's description as one page that needs no network and no script."""

from __future__ import annotations

import json
from typing import Any

import jinja2

_PAGE = """\
{% macro content(content) %}{% for media in (content or {}).values() -%}
{% for example in (media.examples or {}).values() %}<pre>{{ pretty(example.value) }}</pre>
{% else %}<pre>{{ pretty(media.example) }}</pre>
{% endfor %}{% endfor %}{% endmacro -%}
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ api.info.title }} API {{ api.info.version }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b }
pre { background: #f4f4f4; padding: .7rem; overflow-x: auto } td, th { text-align: left; vertical-align: top;
padding: .3rem .8rem .3rem 0 } h2 { border-top: 1px solid #ccc; padding-top: 1rem; margin-top: 2.5rem }
details { margin: .4rem 0 } summary { cursor: pointer }
</style>
<h1>{{ api.info.title }} API {{ api.info.version }}</h1>
{% for paragraph in api.info.description.split("\\n\\n") %}<p>{{ paragraph }}</p>
{% endfor %}
{%- for path, item in api.paths.items() %}{% for method, operation in item.items() %}
<h2 id="{{ operation.operationId }}"><code>{{ method.upper() }} {{ path }}</code></h2>
<p>{{ operation.summary }}. {{ operation.description }}</p>
<p>At <code>{{ operation.servers[0].url }}</code>, with a bearer token:
{% for scheme in operation.security %}{% for name in scheme -%}
{{ api.components.securitySchemes[name].description }}{% endfor %}{% endfor %}.</p>
{% if operation.requestBody %}<h3>Request body</h3>
{{ content(operation.requestBody.content) }}{% endif %}
<h3>Answers</h3>
{% for status, answer in operation.responses.items() %}<details>
<summary><strong>{{ status }}</strong> {{ answer.description }}</summary>
{% for name, header in (answer.headers or {}).items() %}<p><code>{{ name }}: {{ header.example }}</code></p>
{% endfor %}{{ content(answer.content) }}</details>
{% endfor %}{% endfor %}{% endfor %}
<h2>Schemas</h2>
{% for name, schema in api.components.schemas.items() %}<h3 id="{{ name }}">{{ name }}</h3>
<pre>{{ pretty(schema) }}</pre>
{% endfor %}</html>
"""


def api_page(api: dict[str, Any]) -> str:
    """The page; every text of the description is escaped."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.ChainableUndefined)
    environment.globals["pretty"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)
    return environment.from_string(_PAGE).render(api=api)
