"""Every type and operation of e-Boekhouden's SOAP service, element for element in the order in which they travel.

The number behind a text is the most characters that the books have room for.
"""

from __future__ import annotations

from syncrules_providers.sandboxes import soap_server as soap

NAMESPACE = "http://www.e-boekhouden.nl/soap"

KINDS_OF_MUTATION = (
    "OpeningsSaldo",
    "FactuurOntvangen",
    "FactuurVerstuurd",
    "FactuurbetalingOntvangen",
    "FactuurbetalingVerstuurd",
    "GeldOntvangen",
    "GeldUitgegeven",
    "Memoriaal",
)

# Only the room for a contact differs between adding and updating a relation.
_RELATION = """
    ID:long AddDatum:dateTime Code:15 Bedrijf:100 Contactpersoon:{contact} Geslacht:1 Adres:150 Postcode:50 Plaats:50
    Land:50
    Adres2:150 Postcode2:50 Plaats2:50 Land2:50 Telefoon:50 GSM:50 FAX:50 Email:150 Site:50 Notitie Bankrekening:50
    Girorekening:50 BTWNummer:50 KvkNummer:50 Aanhef:50 IBAN:50 BIC:50 BP:1 Def1:100 Def2:100 Def3:100 Def4:100 Def5:100
    Def6:100 Def7:100 Def8:100 Def9:100 Def10:100 LA:1 Gb_ID:long GeenEmail:long NieuwsbriefgroepenCount:long
"""

CONTRACT = soap.Contract(
    NAMESPACE,
    choices=(
        soap.choice("enMutatieSoorten", *KINDS_OF_MUTATION),
        soap.choice("enOpenpostenSoort", "Debiteuren", "Crediteuren"),
    ),
    types=f"""
cError LastErrorCode LastErrorDescription
cAdministratie Bedrijf Plaats Guid StartBoekjaar
cRelatie {_RELATION.format(contact=150)}
cRelatieUpdate {_RELATION.format(contact=50)}
cRelatieFilter Trefwoord Code:15 ID:long
cArtikel ArtikelID:long ArtikelOmschrijving ArtikelCode:20 GroepOmschrijving GroepCode Eenheid
    InkoopprijsExclBTW:decimal
    VerkoopprijsExclBTW:decimal VerkoopprijsInclBTW:decimal BTWCode TegenrekeningCode:10 BtwPercentage:decimal
    KostenplaatsID:long Actief:bool
cArtikelFilter ArtikelID:long ArtikelOmschrijving ArtikelCode:20 GroepOmschrijving:50 GroepCode:50
cGrootboekrekening ID:long Code:10 Omschrijving:50 Categorie:10 Groep
cGrootboekrekeningFilter ID:long Code:10 Categorie:10
cKostenplaats KostenplaatsId:long Omschrijving KostenplaatsParentId:long
cKostenplaatsFilter KostenplaatsID:long KostenplaatsParentID:long Omschrijving
cMutatie MutatieNr:long Soort:enMutatieSoorten Datum:dateTime Rekening:10 RelatieCode:15 Factuurnummer:50 Boekstuk:50
    Omschrijving:200 Betalingstermijn:4 Betalingskenmerk:50 InExBTW:2 MutatieRegels:cMutatieRegel*
cMutatieRegel BedragInvoer:decimal BedragExclBTW:decimal BedragBTW:decimal BedragInclBTW:decimal BTWCode:12
    BTWPercentage:decimal TegenrekeningCode:10 KostenplaatsID:long
cMutatieFilter MutatieNr:long MutatieNrVan:long MutatieNrTm:long Factuurnummer:50 DatumVan:dateTime DatumTm:dateTime
cMutatieList MutatieNr:long Soort:enMutatieSoorten Datum:dateTime Rekening RelatieCode Factuurnummer Boekstuk
    Omschrijving
    Betalingstermijn InExBTW MutatieRegels:cMutatieListRegel*
cMutatieListRegel BedragInvoer:decimal BedragExclBTW:decimal BedragBTW:decimal BedragInclBTW:decimal BTWCode
    BTWPercentage:decimal Factuurnummer TegenrekeningCode KostenplaatsID:long
cOpenPost MutDatum:dateTime MutFactuur RelCode RelBedrijf Bedrag:double Voldaan:double Openstaand:double
cFactuur Factuurnummer:50 Relatiecode:15 Datum:dateTime Betalingstermijn:long Factuursjabloon:50 PerEmailVerzenden:bool
    EmailOnderwerp EmailBericht EmailVanAdres:150 EmailVanNaam:150 AutomatischeIncasso:bool IncassoIBAN:150
    IncassoMachtigingSoort:1 IncassoMachtigingID:50 IncassoMachtigingDatumOndertekening:dateTime
    IncassoMachtigingFirst:bool
    IncassoRekeningNummer:150 IncassoTnv:150 IncassoPlaats:150 IncassoOmschrijvingRegel1:50 IncassoOmschrijvingRegel2:50
    IncassoOmschrijvingRegel3:50 InBoekhoudingPlaatsen:bool BoekhoudmutatieOmschrijving:200 Regels:cFactuurRegel*
cFactuurRegel Aantal:double Eenheid:50 Code:50 Omschrijving PrijsPerEenheid:double BTWCode:12 TegenrekeningCode:10
    KostenplaatsID:long
cFactuurFilter Factuurnummer:50 Relatiecode:15 DatumVan:dateTime DatumTm:dateTime
cFactuurList Factuurnummer Relatiecode:any Datum:dateTime Betalingstermijn:long TotaalExclBTW:double TotaalBTW:double
    TotaalInclBTW:double TotaalOpenstaand:double URLPDFBestand Regels:cFactuurRegel*
cSaldoFilter GbCode KostenPlaatsId:long DatumVan:dateTime? DatumTot:dateTime?
cSaldiFilter KostenPlaatsId:long DatumVan:dateTime? DatumTot:dateTime? Categorie
cSaldo ID:long Code Categorie Saldo:double
""",
    operations="""
OpenSession(Username SecurityCode1 SecurityCode2 Source) -> ErrorMsg:cError SessionID
OpenSessionSub(Username SecurityCode1 SecurityCode2 Source AdministratieGUID) -> ErrorMsg:cError SessionID
CloseSession(SessionID) ->
AutoLogin(Username SessionID SecurityCode2) -> ErrorMsg:cError Token
GetAdministraties(SessionID SecurityCode2) -> ErrorMsg:cError Administraties:cAdministratie*
GetRelaties(SessionID SecurityCode2 cFilter:cRelatieFilter) -> ErrorMsg:cError Relaties:cRelatie*
AddRelatie(SessionID SecurityCode2 oRel:cRelatie) -> ErrorMsg:cError Rel_ID:long
UpdateRelatie(SessionID SecurityCode2 oRel:cRelatieUpdate) -> cError
GetArtikelen(SessionID SecurityCode2 cFilter:cArtikelFilter) -> ErrorMsg:cError Artikelen:cArtikel*
GetGrootboekrekeningen(SessionID SecurityCode2 cFilter:cGrootboekrekeningFilter)
    -> ErrorMsg:cError Rekeningen:cGrootboekrekening*
AddGrootboekrekening(SessionID SecurityCode2 oGb:cGrootboekrekening) -> ErrorMsg:cError Gb_ID:long
UpdateGrootboekrekening(SessionID SecurityCode2 oGb:cGrootboekrekening) -> cError
GetKostenplaatsen(SessionID SecurityCode2 cFilter:cKostenplaatsFilter) -> ErrorMsg:cError Kostenplaatsen:cKostenplaats*
AddMutatie(SessionID SecurityCode2 oMut:cMutatie) -> ErrorMsg:cError Mutatienummer:long
GetMutaties(SessionID SecurityCode2 cFilter:cMutatieFilter) -> ErrorMsg:cError Mutaties:cMutatieList*
GetOpenPosten(SessionID SecurityCode2 OpSoort:enOpenpostenSoort) -> ErrorMsg:cError Openposten:cOpenPost*
AddFactuur(SessionID SecurityCode2 oFact:cFactuur) -> ErrorMsg:cError Factuurnummer
GetFacturen(SessionID SecurityCode2 cFilter:cFactuurFilter) -> ErrorMsg:cError Facturen:cFactuurList*
GetSaldo(SessionID SecurityCode2 cFilter:cSaldoFilter) -> ErrorMsg:cError Saldo:double
GetSaldi(SessionID SecurityCode2 cFilter:cSaldiFilter) -> ErrorMsg:cError Saldi:cSaldo*
""",
)
