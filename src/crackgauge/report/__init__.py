"""What people look at: overlays, close-ups, tables and the report for the client."""
