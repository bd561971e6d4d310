"""The server side: WebSockets, routes and cookies. Nothing here uses Streamlit."""
