"""`support prove`: tests a deployment end to end, check by check, and decides what no vendor's document decides."""
