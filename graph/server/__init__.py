"""uvicorn: sockets, processes, shutdown."""
