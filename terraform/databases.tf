# The launcher's database and, if wanted, that of results; and the secret that all launchers share.

module "database" {
  source                 = "./modules/database"
  name                   = "${var.name}-launcher"
  vpc_id                 = module.network.vpc_id
  subnet_ids             = module.network.private_subnet_ids
  client_security_groups = { launcher = module.launcher.security_group_id }
  instance_class         = var.database.instance_class
  engine_version         = var.database.engine_version
  storage_gib            = var.database.storage_gib
  storage_max_gib        = var.database.storage_max_gib
  multi_az               = var.database.multi_az
  backup_days            = var.database.backup_days
  performance_insights   = var.database.performance_insights
  certificate_authority  = var.database_certificate_authority
  deletion_protection    = var.deletion_protection
  kms_key_arn            = var.kms_key_arn
}

module "results_database" {
  source     = "./modules/database"
  count      = var.results_database == null ? 0 : 1
  name       = "${var.name}-results"
  vpc_id     = module.network.vpc_id
  subnet_ids = module.network.private_subnet_ids
  client_security_groups = {
    launcher = module.launcher.security_group_id
    analyses = module.analysis.security_group_id
  }
  instance_class        = var.results_database.instance_class
  engine_version        = var.results_database.engine_version
  storage_gib           = var.results_database.storage_gib
  storage_max_gib       = var.results_database.storage_max_gib
  multi_az              = var.results_database.multi_az
  backup_days           = var.results_database.backup_days
  performance_insights  = var.results_database.performance_insights
  certificate_authority = var.database_certificate_authority
  deletion_protection   = var.deletion_protection
  kms_key_arn           = var.kms_key_arn
}

# Tokens of tasks are made of it: a new one (by hand, or `terraform apply -replace`) makes those of running tasks invalid, and only those.
ephemeral "aws_secretsmanager_random_password" "launcher" {
  password_length     = 64
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "launcher" {
  name                    = "${var.name}/launcher-secret"
  description             = "Secret that all launchers share"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.deletion_protection ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "launcher" {
  secret_id                = aws_secretsmanager_secret.launcher.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.launcher.random_password
  secret_string_wo_version = 1
}
