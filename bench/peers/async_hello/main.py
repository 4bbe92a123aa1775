"""The asynchronous floor: functions-framework's own aio quickstart. No token is checked, nothing is written."""

import functions_framework.aio


@functions_framework.aio.http
async def hello(request):
    return "Hello world!"
