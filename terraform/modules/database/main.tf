# A PostgreSQL server of RDS, and its address with password in Secrets Manager. The password is made by AWS, goes from one service to the
# other, and is never in Terraform's state (write-only arguments).

locals {
  port = 5432
  # Without a certificate to check against, the connection is encrypted but the server's name is not verified.
  sslmode = var.certificate_authority == null ? "require" : "verify-full"
}

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Private subnets of ${var.name}"
  subnet_ids  = var.subnet_ids
}

resource "aws_security_group" "this" {
  name        = "${var.name}-database"
  description = "PostgreSQL of ${var.name}"
  vpc_id      = var.vpc_id
}

resource "aws_security_group_rule" "from_client" {
  for_each                 = var.client_security_groups
  type                     = "ingress"
  description              = "PostgreSQL from ${each.key}"
  security_group_id        = aws_security_group.this.id
  source_security_group_id = each.value
  protocol                 = "tcp"
  from_port                = local.port
  to_port                  = local.port
}

resource "aws_security_group_rule" "to_database" {
  for_each                 = var.client_security_groups
  type                     = "egress"
  description              = "PostgreSQL of ${var.name}"
  security_group_id        = each.value
  source_security_group_id = aws_security_group.this.id
  protocol                 = "tcp"
  from_port                = local.port
  to_port                  = local.port
}

resource "aws_db_parameter_group" "this" {
  name        = var.name
  description = "Encrypted connections only; slow and structural statements are logged"
  family      = "postgres${var.engine_version}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }
  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  identifier                  = var.name
  engine                      = "postgres"
  engine_version              = var.engine_version
  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = false
  instance_class              = var.instance_class
  storage_type                = "gp3"
  allocated_storage           = var.storage_gib
  max_allocated_storage       = var.storage_max_gib
  storage_encrypted           = true
  kms_key_id                  = var.kms_key_arn
  multi_az                    = var.multi_az
  ca_cert_identifier          = "rds-ca-rsa2048-g1"

  db_name             = var.database
  username            = var.username
  password_wo         = ephemeral.aws_secretsmanager_secret_version.password.secret_string
  password_wo_version = var.password_version
  port                = local.port

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  parameter_group_name   = aws_db_parameter_group.this.name
  publicly_accessible    = false

  backup_retention_period         = var.backup_days
  copy_tags_to_snapshot           = true
  delete_automated_backups        = false
  deletion_protection             = var.deletion_protection
  skip_final_snapshot             = !var.deletion_protection
  final_snapshot_identifier       = var.deletion_protection ? "${var.name}-final" : null
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
  performance_insights_enabled    = var.performance_insights
  performance_insights_kms_key_id = var.performance_insights ? var.kms_key_arn : null
}
