// Owned memory for a list of candidates.
#pragma once

#include <vector>

#include "kernels/isa/isa.hpp"

namespace pil_kmeans {

class CandidateList {
  public:
    explicit CandidateList(std::size_t capacity)
        : words_(4 * (capacity + kCandidatePad)), stride_(capacity + kCandidatePad) {
        view_ = {words_.data(), words_.data() + stride_, reinterpret_cast<std::int32_t*>(words_.data() + 2 * stride_),
                 words_.data() + 3 * stride_, 0};
    }

    CandidateList(CandidateList&&) = default;  // the view points into the words, which move along
    CandidateList& operator=(CandidateList&&) = default;

    void clear() { view_.n = 0; }

    void add(const Coordinates& position, std::uint32_t index) {
        view_.xy[view_.n] = pack_pair(position[0], position[1]);
        view_.zw[view_.n] = pack_pair(position[2], position[3]);
        std::int32_t norm = 0;
        for (const std::int32_t x : position) norm += x * x;
        view_.norm[view_.n] = norm;
        view_.index[view_.n++] = index;
    }

    // Close the list: what lies behind its end can never be nearest.
    const Candidates& padded() {
        for (std::size_t j = view_.n; j < view_.n + kCandidatePad; ++j) {
            view_.xy[j] = view_.zw[j] = view_.index[j] = 0;
            view_.norm[j] = 0x7fffffff;
        }
        return view_;
    }

    Candidates& view() { return view_; }

  private:
    std::vector<std::uint32_t> words_;
    std::size_t stride_;
    Candidates view_{};
};

}  // namespace pil_kmeans
