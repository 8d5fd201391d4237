"""The only place that renders: text, HTML, charts."""
