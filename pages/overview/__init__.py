"""The first screen: what needs me now, what will run out, is the data fresh."""
