"""Tasks for the learner, and the judge that checks them."""
