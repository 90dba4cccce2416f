"""Cases for buffers.rs: random polygons and streets, and what GEOS says of them.

usage: python buffers.py COUNT SEED > buffers.txt       (pip install 'shapely<2.1' for GEOS 3.11, which the reference uses)

A line a case: polygon (rings by |, parts by /), street, 1 if the polygon's 15 m buffer contains it, length inside.
"""
import math
import random
import sys

import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon

ORIGIN = (364_000.0, 4_347_000.0)  # somewhere in UTM zone 18


def star(r, x, y, size, n):
    angles = sorted(r.uniform(0, 2 * math.pi) for _ in range(n))
    return [(x + (d := size * r.uniform(0.2, 1)) * math.cos(a), y + d * math.sin(a)) for a in angles]


def comb(r, x, y):
    """Teeth and gaps of 1 to 60 m."""
    top, right = [], x
    for _ in range(r.randint(2, 6)):
        w, gap, h = r.uniform(1, 60), r.uniform(1, 60), r.uniform(5, 150)
        top += [(right, y + h), (right + w, y + h), (right + w, y + 5), (right + w + gap, y + 5)]
        right += w + gap
    return [(x, y)] + top + [(right, y)]


def thin(r, x, y):
    a, length, width = r.uniform(0, math.pi), r.uniform(5, 300), r.choice([0.001, 0.1, 1, 5])
    u, v = (math.cos(a) * length, math.sin(a) * length), (-math.sin(a) * width, math.cos(a) * width)
    return [(x, y), (x + u[0], y + u[1]), (x + u[0] + v[0], y + u[1] + v[1]), (x + v[0], y + v[1])]


def rough(r, x, y):
    """A face between streets, as digitised: many vertices, some centimetres apart."""
    ring = star(r, x, y, r.uniform(40, 150), r.randint(3, 8))
    dense = []
    for a, b in zip(ring, ring[1:] + ring[:1]):
        for k in range(n := r.randint(1, 12)):
            jitter = r.choice([0, 0.001, 0.05, 0.2, 2])
            dense.append((a[0] + (b[0] - a[0]) * k / n + r.gauss(0, jitter), a[1] + (b[1] - a[1]) * k / n + r.gauss(0, jitter)))
            if r.random() < 0.15:
                dense.append((dense[-1][0] + r.gauss(0, 0.08), dense[-1][1] + r.gauss(0, 0.08)))
    return dense


def polygon(r):
    x, y = ORIGIN[0] + r.uniform(-500, 500), ORIGIN[1] + r.uniform(-500, 500)
    kind = r.choice(["star", "comb", "thin", "rough", "rough", "box", "holed", "parts"])
    if kind == "star":
        return Polygon(star(r, x, y, r.uniform(5, 200), r.randint(3, 30)))
    if kind == "comb":
        return Polygon(comb(r, x, y)[:: r.choice([1, -1])])
    if kind == "thin":
        return Polygon(thin(r, x, y))
    if kind == "rough":
        return Polygon(rough(r, x, y)[:: r.choice([1, -1])])
    if kind == "box":
        w, h = r.choice([10, 20, 100]), r.choice([10, 30, 80])
        return Polygon([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])
    if kind == "holed":
        shell = star(r, x, y, 200, r.randint(5, 20))
        hole = star(r, x, y, r.uniform(15, 80), r.randint(3, 12)) if r.random() < 0.7 else rough(r, x, y)
        return Polygon(shell, [hole[:: r.choice([1, -1])]])
    return MultiPolygon([Polygon(star(r, x + dx, y, r.uniform(10, 60), r.randint(3, 9))) for dx in (0, r.uniform(60, 160))])


def street(r, p):
    """Beside the outline at about the buffer's distance, or anywhere."""
    west, south, east, north = p.bounds
    if r.random() < 0.6:
        rings = [g.exterior for g in getattr(p, "geoms", [p])] + [h for g in getattr(p, "geoms", [p]) for h in g.interiors]
        line, step = r.choice(rings), r.uniform(5, 40)
        start, side = r.uniform(0, line.length), r.choice([14.5, 14.9, 15.0, 15.05, 15.3, 17]) * r.choice([1, -1])
        points = []
        for k in range(r.randint(2, 8)):
            a, b = line.interpolate((start + k * step) % line.length), line.interpolate((start + k * step + 0.5) % line.length)
            d = math.hypot(b.x - a.x, b.y - a.y) or 1
            points.append((a.x - side * (b.y - a.y) / d + r.gauss(0, 0.3), a.y + side * (b.x - a.x) / d + r.gauss(0, 0.3)))
    else:
        points = [(r.uniform(west - 40, east + 40), r.uniform(south - 40, north + 40)) for _ in range(r.randint(2, 5))]
    if r.random() < 0.03:
        points = points + points[-2::-1]  # there and back
    return LineString(points)


def text(ring):
    return " ".join(f"{x!r} {y!r}" for x, y in ring.coords)


def main():
    r = random.Random(int(sys.argv[2]))
    print(f"# GEOS {shapely.geos_version_string}", file=sys.stderr)
    done = 0
    while done < int(sys.argv[1]):
        p = shapely.transform(polygon(r), lambda c: c.round(3))
        if not p.is_valid or p.is_empty:
            continue
        line, buffer = shapely.transform(street(r, p), lambda c: c.round(3)), p.buffer(15, quad_segs=8)
        parts = "/".join("|".join(map(text, [q.exterior, *q.interiors])) for q in getattr(p, "geoms", [p]))
        print(parts, text(line), int(buffer.contains(line)), repr(buffer.intersection(line).length), sep="\t")
        done += 1


main()
