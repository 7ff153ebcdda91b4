"""Figures that anyone can reproduce: each benchmark starts servers of its own and prints anchor and product together.

    python -m benchmarks              all of them                  (make bench)
    python -m benchmarks.ingest       one

Figures are ratios from one run on one machine: absolute ones drift with the machine and with what runs beside.
"""
