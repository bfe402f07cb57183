// Cube roots of several floats at once, of whatever type has the operations below: each is rounded once, so all
// machines give the same bits.
#pragma once

namespace pil_kmeans {

// Of what is not negative, to a relative error of 4e-5, or 1e-7 if `precise`, by Halley's method.
template <typename Floats>
inline Floats cube_roots(Floats x, bool precise) {
    x = x + Floats::all(1e-20f);  // keeps zero, whose root would be computed as 0 / 0, out of the way
    const Floats third = to_floats(bits_of(x)) * Floats::all(1.0f / 3.0f) + Floats::all(709921077.0f);
    Floats y = of_bits(to_nearest(third));  // within 4 %; each step cubes the error
    const Floats twice = x + x;
    const auto step = [&] {
        const Floats cube = y * y * y;
        y = y * ((cube + twice) / (cube + cube + x));
    };
    step();
    if (precise) step();
    return y;
}

}  // namespace pil_kmeans
