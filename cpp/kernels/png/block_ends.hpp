// Where symbols of deflate are cut into blocks, each with codes of its own.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kernels/png/huffman.hpp"

namespace pil_kmeans {

// The ends of the blocks, by about how many bits these take: of many pieces, neighbours are put together as long as
// that saves bits, those first that save most.
std::vector<std::size_t> block_ends(std::span<const Symbol> symbols);

}  // namespace pil_kmeans
