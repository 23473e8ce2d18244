"""Asking (发问): what the command line asks of a running service, as any front end would."""

from typing import Any

from infra.speech import IS_ENGLISH, fail

LANGUAGE = "EN" if IS_ENGLISH else "ZH"
HERE = "http://127.0.0.1:8000"


def ask(url: str, token: str, query: str, **variables: Any) -> dict[str, Any]:
    """What the service answers; its refusal, or its silence, ends the command with a sentence."""
    import httpx

    headers = {"authorization": f"Bearer {token}", "accept-language": LANGUAGE.lower()}
    body = {"query": query, "variables": variables}
    try:
        answer = httpx.post(f"{url.rstrip('/')}/graphql", json=body, headers=headers, timeout=60)
        found = answer.json()
    except (httpx.HTTPError, ValueError) as failed:
        fail(f"{url} 没有应答：{failed}", f"{url} doesn't answer: {failed}")
    for error in found.get("errors", ()):
        fail(error["message"], error["message"])
    data: dict[str, Any] = found["data"]
    return data
