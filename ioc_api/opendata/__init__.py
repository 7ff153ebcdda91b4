"""Open data: what everybody may have of the city's figures, under /open/v1, without login.

door.py      before every request: switched off? too many? and the headers that let other pages read the answer
calendar.py  days and months as they are written in addresses, and what of them may be published
stock.py     what there is: read from the database in one short look
figures.py   the rows of a file, as SQL
model.py     datasets and their files; dcat.py says them as JSON-LD, page.py as a page, geo.py as GeoJSON
routes.py    the operations
"""
