"""The floor: what functions-framework's own quickstart shows. No token is checked, nothing is written."""

import functions_framework


@functions_framework.http
def hello(request):
    return "Hello world!"
