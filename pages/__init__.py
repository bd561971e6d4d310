"""Everything that needs Streamlit: the shell, then one page a file."""
