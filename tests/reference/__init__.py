"""Plain NumPy versions of the kernels: slow, short and obviously right. The tests compare the kernels with them."""
