"""Execute the chapters, gather their claims, build the site."""
