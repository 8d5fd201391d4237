"""Tasks for the learner, the judge that checks them, and the quizzes."""

from dockerlab.exercise.exercise import Exercise
from dockerlab.exercise.quiz import Quiz, read_quiz

__all__ = ["Exercise", "Quiz", "read_quiz"]
