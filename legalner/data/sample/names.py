"""Names of the synthetic corpus.

Each pool has two parts: ``KNOWN`` names can occur anywhere, ``FRESH`` names in val and test only, so that a tagger
meets names there that it has not seen in training. Statutes, European norms, countries, cities, landscapes and
journals are real; persons, companies, brands, streets and contracts are invented; the other pools mix both.
"""

from __future__ import annotations

KNOWN: dict[str, tuple[str, ...]] = {
    "surname": (
        "Ahrendsen", "Bichler", "Dornkamp", "Eickstedt", "Wolf", "Richter", "Gerlinghof", "Halbritter", "Koch",
        "Kesselring", "Lobenstein", "Mertinger", "Nothdurft", "Ostermoor", "Stein", "Quandtner",
    ),
    "judge": (
        "Richter", "Aldenhoven", "Brandner", "Cordes", "Dr. Falkenried", "Grotjahn", "Dr. Hüsgen", "Stein",
    ),
    "lawyer": (
        "Dr. Ibbenbrock", "Jansohn", "Dr. Klapproth", "Koch",
    ),
    "first_name": (
        "Anke", "Bernd", "Clara", "Detlef", "Elke", "Frauke", "Gregor", "Hanna",
    ),
    "city": (
        "Essen", "Halle", "Celle", "Kassel", "Bamberg", "Rostock", "Ulm", "Hagen", "Worms", "Gotha", "Emden",
    ),
    "country": (
        "Frankreich", "Polen", "Deutschland", "Österreich", "Dänemark", "Ungarn",
    ),
    "landscape": (
        "Allgäu", "Sauerland", "Rheinland", "Emsland", "Vogtland",
    ),
    "street": (
        "Lindenweg", "Am Alten Markt", "Mühlenstraße", "Hafenallee", "Bergstraße",
    ),
    "company": (
        "Nordlicht Logistik GmbH", "Habermas & Söhne KG", "Kranbau Elbtal AG", "Solera Verlag GmbH",
        "Brückner Stahl SE", "Feinkost Immergrün GmbH & Co. KG",
    ),
    "organisation": (
        "Gewerkschaft Holz und Papier", "Vereinigung der Metallbetriebe", "Ärztekammer",
        "Fischereigenossenschaft Elbe", "Partei der Mitte", "Gesellschaft für Deichkunde",
    ),
    "institution": (
        "Bundesamt für Hafenwesen", "Finanzamt Kassel", "Jobcenter Rostock", "Ministerium für Deichbau",
        "Landratsamt Emden", "Wasserwirtschaftsamt",
    ),
    "brand": (
        "Morgenrot", "Blitz", "Adler", "Polarstern", "Sonne", "Taube",
    ),
    "law": (
        "BGB", "KSchG", "ZPO", "GG", "StGB", "SGB V", "AktG", "BUrlG",
    ),
    "ordinance": (
        "Hafenlotsenverordnung", "BinSchStrO", "Bäderhygieneverordnung", "StVO",
    ),
    "european": (
        "Richtlinie 2003/88/EG", "Verordnung ( EU ) Nr. 1215/2012", "AEUV", "Richtlinie 93/13/EWG",
    ),
    "regulation": (
        "Dienstanweisung Fuhrpark", "Reisekostenrichtlinie", "Verwaltungsvorschrift Lärm",
        "Geschäftsordnung des Hafenrats",
    ),
    "contract": (
        "TV Hafen", "Manteltarifvertrag Druck", "TVÜ Werften", "Haustarifvertrag Kranbau",
    ),
    "journal": (
        "NZA", "NJW", "JZ", "VersR",
    ),
    "commentary": (
        "Mewes", "Nagelschmidt / Ohm", "MüKo", "Stein / Pape",
    ),
}  # fmt: skip

FRESH: dict[str, tuple[str, ...]] = {
    "surname": (
        "Pfannkuch", "Rehbein", "Sauerampfer", "Tiedtke", "Uhlenbrock", "Vossberg", "Jäger", "Zwirner",
    ),
    "judge": (
        "Dr. Immenkamp", "Jäger", "Lüdtke", "Dr. Osterwind",
    ),
    "lawyer": (
        "Dr. Pagel", "Zwirner",
    ),
    "first_name": (
        "Ingo", "Jutta", "Konrad", "Lieselotte",
    ),
    "city": (
        "Singen", "Fulda", "Lüneburg", "Passau", "Stade", "Siegen",
    ),
    "country": (
        "Norwegen", "Italien", "Marokko",
    ),
    "landscape": (
        "Harz", "Münsterland", "Schwarzwald",
    ),
    "street": (
        "Kirchgasse", "Am Wehr", "Uferstraße",
    ),
    "company": (
        "Wattmann Reederei GmbH", "Lichtblick Optik AG", "Gebrüder Tiedtke OHG",
    ),
    "organisation": (
        "Gewerkschaft der Schiffer", "Vereinigung freier Bäcker", "Stiftung Land und Leute",
    ),
    "institution": (
        "Bundesamt für Gezeiten", "Finanzamt Stade", "Kultusministerium",
    ),
    "brand": (
        "Nordwind", "Krone", "Heimat",
    ),
    "law": (
        "HGB", "UrhG", "TzBfG", "InsO",
    ),
    "ordinance": (
        "Deichschutzverordnung", "FahrlPrV",
    ),
    "european": (
        "Richtlinie 2000/78/EG", "EMRK",
    ),
    "regulation": (
        "Hausordnung der Kaserne", "Erschwernisrichtlinie",
    ),
    "contract": (
        "TV Reeder", "Rahmentarifvertrag Bäcker",
    ),
    "journal": (
        "MDR", "AP", "BB",
    ),
    "commentary": (
        "Querfurt", "Rabe / Wolf",
    ),
}  # fmt: skip
