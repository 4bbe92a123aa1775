"""The permissions of Microsoft Graph that our application asks for, declared once: the Entra registration is made of
them, and tests compare the pages that name them.

All are delegated: nothing can be read without a person. Source of the IDs: Microsoft Graph permissions reference.
"""

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
READING = {
    "User.Read": "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
    "Contacts.Read": "ff74d97f-43af-4b68-9f2a-b77ee6968c5d",
}
SIGN_IN = {  # what signing in itself takes
    "openid": "37f7f235-527c-4136-accd-4a02d197296e",
    "profile": "14dad69e-099b-42c9-810b-d002981feec1",
    "offline_access": "7427e0e9-2fba-42fe-b0c0-848c9e6a8182",
}
