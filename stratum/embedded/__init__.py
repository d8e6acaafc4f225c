"""Servers without a server: PostgreSQL and Valkey as child processes, and everything else that `make run` starts."""
