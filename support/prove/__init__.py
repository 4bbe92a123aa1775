"""The whole journey against a deployment, check by check; and what no vendor's document decides, decided by it."""
