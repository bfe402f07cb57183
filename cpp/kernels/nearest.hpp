// What the two files of one instruction set share.
#pragma once

#include "kernels/isa.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {

void oklab(float* r, float* g, float* b, std::size_t n);

}  // namespace pil_kmeans::PIL_KMEANS_ISA
