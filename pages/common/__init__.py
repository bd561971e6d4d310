"""What pages share: state and URL, the pickers, tables, words and errors."""
