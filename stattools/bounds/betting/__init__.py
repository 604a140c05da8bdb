"""Bets against values of the mean: intervals for a fixed sample and for all times at once."""
