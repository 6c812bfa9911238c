"""Every statistic by its name, checked against R."""
