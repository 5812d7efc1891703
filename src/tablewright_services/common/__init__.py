"""What the services share: the ASGI application, answers, passwords, signatures, secrets."""
