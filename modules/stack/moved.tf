# These had no count before one could bring one's own.
moved {
  from = module.aks
  to   = module.aks[0]
}

moved {
  from = module.acr
  to   = module.acr[0]
}

moved {
  from = module.postgresql
  to   = module.postgresql[0]
}
