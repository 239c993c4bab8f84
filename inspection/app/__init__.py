"""The local web app on roots: `create_app` gives it to any ASGI server. Read-only unless actions are allowed."""
