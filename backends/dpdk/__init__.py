"""The Data Plane Development Kit: the image that functions with a data plane of their own are made from."""
