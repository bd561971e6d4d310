"""What pages share: the live hub, components, charts, session."""
