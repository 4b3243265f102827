# These modules had no count before existing parts could be used.
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
